// The usage page without reloading: periods and filters swap what is below the heading, the address follows,
// and what is shown stays current while the page is looked at.
import { readable } from "./usage/charts.js";
import { keepCurrent } from "./usage/current.js";
import { keptState } from "./usage/kept.js";
import { isElsewhere } from "./zone.js";

const page = document.querySelector("#usage");
const status = document.querySelector("#usage-status");
let asking = new AbortController();

function addressOf(form) {
  const address = new URL(location.pathname, location);
  for (const [name, value] of new FormData(form)) if (value) address.searchParams.append(name, value);
  return address;
}

async function part(address, name, more = {}) {
  const url = new URL(address);
  for (const [key, value] of Object.entries({ part: name, ...more })) url.searchParams.set(key, value);
  asking.abort();
  asking = new AbortController();
  const answer = await fetch(url, { signal: asking.signal });
  // Signed out meanwhile: the page itself says so.
  if (answer.redirected) location.reload();
  return answer;
}

function show(html) {
  const restore = keptState(page);
  delete page.dataset.more;
  // Ours: every text in it is escaped by the server.
  page.innerHTML = html;
  enhance();
  restore();
}

function enhance() {
  for (const button of page.querySelectorAll("[data-at-once] [data-go]")) button.hidden = true;
  readable(page);
}

async function go(address, { isBack = false } = {}) {
  page.setAttribute("aria-busy", "true");
  const asked = part(address, "usage");
  const { signal } = asking;
  try {
    const answer = await asked;
    if (!answer.ok) return location.assign(address);
    if (!isBack) history.pushState(null, "", address);
    show(await answer.text());
    status.textContent = page.querySelector("[data-announcement]")?.textContent ?? "";
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  } finally {
    // Unless the next is already under way.
    if (!signal.aborted) page.removeAttribute("aria-busy");
  }
}

async function more(link) {
  const row = link.closest("tr");
  try {
    const answer = await part(link.href, "recent");
    if (!answer.ok) return location.assign(link.href);
    const rows = document.createElement("tbody");
    rows.innerHTML = await answer.text();
    const [first] = rows.rows;
    row.replaceWith(...rows.rows);
    page.dataset.more = "";
    first?.setAttribute("tabindex", "-1");
    first?.focus({ preventScroll: true });
  } catch (error) {
    if (error.name !== "AbortError") location.assign(link.href);
  }
}

page.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (!link || !isPlain || link.hasAttribute("download") || link.pathname !== location.pathname) return;
  event.preventDefault();
  if (link.id === "load-more") more(link);
  else go(new URL(link.href));
});
page.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-swaps]")) return;
  event.preventDefault();
  go(addressOf(event.target));
});
page.addEventListener("change", (event) => {
  const form = event.target.closest("[data-at-once]");
  if (form) go(addressOf(form));
});
addEventListener("popstate", () => go(new URL(location), { isBack: true }));
document.addEventListener("click", (event) => {
  const dates = page.querySelector("#period-custom[open]");
  if (dates && !dates.contains(event.target)) dates.open = false;
});

// Whoever chose something before this script was here is heard.
function chosenEarly() {
  const isAnother = (select) => select.value !== (select.querySelector("option[selected]")?.value ?? "");
  const form = page.querySelector("[data-at-once]");
  return [...(form?.querySelectorAll("select") ?? [])].some(isAnother) && form;
}

// Drawn before the server knew where this browser is, or when it was elsewhere.
function hasOtherTimes() {
  return "followsBrowser" in page.dataset && page.querySelector(".usage-when") && isElsewhere(page.dataset.zone);
}

enhance();
const early = chosenEarly();
if (early) go(addressOf(early));
else if (hasOtherTimes()) go(new URL(location), { isBack: true });
keepCurrent({
  seen: () => page.querySelector("#usage-results")?.dataset.seen,
  ask: (seen) => part(location.href, "usage", { seen }),
  show: (html) => show(html),
  isBusy: () => page.hasAttribute("aria-busy") || "more" in page.dataset || page.querySelector("details[open] form"),
});
