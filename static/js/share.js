// The dialog that shares the chat by link, and leads to its exports.
const dialog = document.querySelector("#share");
const opener = document.querySelector("#open-share");
const list = dialog.querySelector("#share-list");
const made = dialog.querySelector("#share-made");
const error = dialog.querySelector("#share-error");
const url = dialog.querySelector("#share-url");

const session = () => document.querySelector("#chat").dataset.session;
const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

function fail(message) {
  error.textContent = message;
  error.hidden = !message;
}

async function call(method, path, body) {
  fail("");
  const token = dialog.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
  const response = await fetch(`/api/chat/${path}`, { method, headers, body: body && JSON.stringify(body) }).catch(() => null);
  if (response?.ok) return response.status === 204 ? {} : response.json();
  const told = await response?.json().catch(() => null);
  fail(told?.error.message ?? dialog.dataset.failed);
  return null;
}

function show(row, share) {
  const time = row.querySelector("time");
  time.dateTime = share.updatedAt;
  time.textContent = when.format(new Date(share.updatedAt));
}

function add(share) {
  const row = dialog.querySelector("#share-row").content.firstElementChild.cloneNode(true);
  show(row, share);
  row.querySelector("[data-update]").addEventListener("click", async () => {
    const updated = await call("PATCH", `shares/${share.id}`, {});
    if (updated) show(row, updated);
  });
  row.querySelector("[data-revoke]").addEventListener("click", async () => {
    if (!confirm(dialog.dataset.confirmRevoke)) return;
    if (!(await call("DELETE", `shares/${share.id}`))) return;
    row.remove();
    if (made.dataset.share === share.id) made.hidden = true;
  });
  return row;
}

export async function openShare() {
  made.hidden = true;
  list.replaceChildren();
  fail(session() ? "" : dialog.dataset.nothing);
  dialog.querySelector("#share-create").disabled = !session();
  for (const link of dialog.querySelectorAll("[data-export]")) {
    if (session()) link.href = `/chat/${session()}/${link.dataset.export}`;
    else link.removeAttribute("href");
  }
  dialog.showModal();
  const shares = session() && (await call("GET", `sessions/${session()}/shares?limit=100`));
  if (shares) list.replaceChildren(...shares.data.map(add));
}

async function create() {
  const share = await call("POST", `sessions/${session()}/shares`, {});
  if (!share) return;
  url.value = share.url;
  made.dataset.share = share.id;
  made.hidden = false;
  list.prepend(add(share));
  url.select();
}

async function copy(event) {
  url.select();
  if (navigator.clipboard) await navigator.clipboard.writeText(url.value);
  else document.execCommand("copy");
  event.target.textContent = dialog.dataset.copied;
}

dialog.querySelector("#share-create").addEventListener("click", create);
dialog.querySelector("#share-copy").addEventListener("click", copy);
dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
// The browser has given the focus back; where nobody had it, its place is here.
dialog.addEventListener("close", () => document.activeElement === document.body && opener.focus());
