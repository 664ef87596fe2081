// The versions of an item in a dialog; without this script they are a page.
import { sayFailed } from "./toast.js";

const dialog = document.querySelector("#versions");
const inside = dialog.querySelector("[data-inside]");

async function show(address) {
  const url = new URL(address, location.href);
  url.searchParams.set("part", "1");
  const answer = await fetch(url).catch(() => null);
  if (!answer?.ok || answer.redirected) return sayFailed();
  // Ours: every text in it is escaped by the server.
  inside.innerHTML = await answer.text();
  if (!dialog.open) dialog.showModal();
  inside.querySelector("[aria-current]").focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-versions], [data-version]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link.href);
});
dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
