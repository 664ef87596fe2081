// What people keep: the list narrows while they type, and its buttons work without a new page.
import { dragging } from "./stuff-dragging.js";
import { offer, post, sayFailed } from "./toast.js";

const PAUSE = 150;
const list = document.querySelector("#stuff");
const search = document.querySelector("#stuff-search");
const status = document.querySelector("#stuff-status");
let asking = new AbortController();
let waiting;

async function renew() {
  asking.abort();
  asking = new AbortController();
  const address = new URL(location.href);
  address.searchParams.set("part", "1");
  try {
    const answer = await fetch(address, { signal: asking.signal });
    if (!answer.ok || answer.redirected) return;
    const place = placeOfFocus();
    // Ours: every text in it is escaped by the server.
    list.innerHTML = await answer.text();
    if (place) list.querySelector(place)?.focus({ preventScroll: true });
  } catch (error) {
    if (error.name !== "AbortError") sayFailed();
  }
}

// A button is made anew with its card.
function placeOfFocus() {
  const card = document.activeElement?.closest("#stuff [data-item]");
  const { at } = document.activeElement.dataset;
  return card && `[data-item="${CSS.escape(card.dataset.item)}"] ${at ? `[data-at="${at}"]` : "h2 a"}`;
}

async function narrow() {
  const address = new URL(location.href);
  for (const [name, value] of new FormData(search)) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  for (const name of ["page", "new"]) address.searchParams.delete(name);
  history.replaceState(null, "", address);
  await renew();
  status.textContent = list.querySelector("[data-count]")?.textContent ?? "";
}

if (search) {
  search.querySelector("#stuff-go").hidden = true;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(narrow, PAUSE);
  });
  search.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    narrow();
  });
  // Whoever typed before this script was here is heard.
  if (search.elements.q.value !== (new URL(location.href).searchParams.get("q") ?? "")) narrow();
}

list.addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-act]")) return;
  event.preventDefault();
  const { value: verb } = event.submitter;
  const fields = new FormData(event.target, event.submitter);
  const next = event.target.closest("[data-item]")?.nextElementSibling;
  if (!(await post(event.target.action, [...fields]))) return sayFailed();
  if (verb === "delete") {
    const back = [["do", "restore"], ...fields.getAll("item").map((item) => ["item", item])];
    offer({ text: list.dataset.deleted, url: event.target.action, fields: back });
  }
  if (list.dataset.home) return verb === "delete" ? location.assign(list.dataset.home) : location.reload();
  if (["delete", "restore", "uncollect", "erase"].includes(verb)) next?.querySelector("h2 a")?.focus({ preventScroll: true });
  await renew();
});

list.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-click]");
  if (button) document.querySelector(button.dataset.click).click();
});
list.addEventListener("change", ({ target }) => {
  const words = target.matches(".pick") && list.querySelector("[data-picked]");
  if (words) words.textContent = `${list.querySelectorAll(".pick:checked").length} ${words.dataset.picked}`;
});
dragging(list, renew);
document.addEventListener("portal:undone", renew);
