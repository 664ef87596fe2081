// Cards are dropped on a collection; those that are selected go along. By keyboard, the bar of what is selected
// does the same.
import { post, say, sayFailed } from "./toast.js";

let carried = [];

export function carry(event, list, renew) {
  const card = event.target.closest?.("[data-item]");
  if (!card) return;
  const picked = [...list.querySelectorAll(".pick:checked")].map(({ value }) => value);
  carried = picked.includes(card.dataset.item) ? picked : [card.dataset.item];
  for (const target of list.querySelectorAll("[data-collection]")) accept(target, list, renew);
}

function accept(target, list, renew) {
  if (target.dataset.accepts) return;
  target.dataset.accepts = "true";
  target.addEventListener("dragover", (event) => {
    if (!carried.length) return;
    event.preventDefault();
    target.dataset.over = "";
  });
  target.addEventListener("dragleave", () => delete target.dataset.over);
  target.addEventListener("drop", async (event) => {
    event.preventDefault();
    const items = carried.map((item) => ["item", item]);
    carried = [];
    delete target.dataset.over;
    const isDone = await post("/stuff/act", [["do", "collect"], ["collection", target.dataset.collection], ...items]);
    if (!isDone) return sayFailed();
    await renew();
    say(list.dataset.collected);
  });
}
