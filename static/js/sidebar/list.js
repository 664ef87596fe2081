// The list itself: asked of the server anew whenever it changed, put in place without disturbing the reader.
export const sessions = document.querySelector("#sidebar-sessions");

let holders = 0;
let isStale = false;
let running = null;

// While somebody types or chooses in it, the list stays as it is. Returns the function that lets it go.
export function hold() {
  holders += 1;
  return () => {
    holders -= 1;
    if (!holders && isStale) refresh();
  };
}

export function entryOf(id) {
  return sessions.querySelector(`[data-session="${CSS.escape(id)}"]`);
}

export function currentSession() {
  return /^\/chat\/(ses_\w+)$/.exec(location.pathname)?.[1] ?? "";
}

export async function refresh({ shown } = {}) {
  if (holders || running) {
    isStale = true;
    return running;
  }
  isStale = false;
  running = renew(shown ?? sessions.querySelector("#session-list").dataset.shown);
  await running.finally(() => (running = null));
  if (isStale && !holders) await refresh();
}

async function renew(shown) {
  const query = new URLSearchParams({ shown, current: currentSession() });
  const answer = await fetch(`${sessions.dataset.url}?${query}`).catch(() => null);
  // Signed out, or the portal is away: the next page says so.
  if (!answer?.ok || answer.redirected) return;
  const html = await answer.text();
  if (holders) {
    isStale = true;
    return;
  }
  const place = placeOfFocus();
  // Ours: every text in it is escaped by the server.
  sessions.innerHTML = html;
  sessions.dispatchEvent(new Event("renewed"));
  if (place) focus(place);
  showTitle(sessions.querySelector("#session-list").dataset.title);
}

// With the neighbours, should the one that has the focus be gone.
function placeOfFocus() {
  const entry = document.activeElement?.closest("[data-session]");
  if (!entry || !sessions.contains(entry)) return null;
  const all = [...sessions.querySelectorAll("[data-session]")];
  const index = all.indexOf(entry);
  const ids = [entry, all[index + 1], all[index - 1]].map((each) => each?.dataset.session);
  return { ids, selector: document.activeElement.matches("a") ? "a" : ".session-more" };
}

function focus({ ids, selector }) {
  const entry = ids.map((id) => id && entryOf(id)).find(Boolean);
  (entry?.querySelector(selector) ?? document.querySelector("#new-chat")).focus({ preventScroll: true });
}

function showTitle(title) {
  if (!title) return;
  document.title = `${title} · LLM Portal`;
  document.querySelector("#page-title").textContent = title;
}
