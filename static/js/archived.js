// The archive: as the sidebar, without a new page for every step.
import { file } from "./sidebar/filing.js";

const archive = document.querySelector("#archive");

async function renew() {
  const page = await (await fetch(location.href)).text();
  const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("#archive");
  archive.replaceChildren(...fresh.childNodes);
}

archive.addEventListener("change", ({ target }) => {
  if (target.id !== "archive-all") return;
  for (const box of archive.querySelectorAll('[name="session"]')) box.checked = target.checked;
});

archive.addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = [...archive.querySelectorAll('[name="session"]:checked')].map((box) => box.value);
  if (chosen.length && (await file(event.submitter.value, chosen))) await renew();
});

document.addEventListener("portal:undone", renew);
