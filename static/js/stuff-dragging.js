// Cards are dropped on a collection; those that are selected go along. By keyboard, the bar of what is selected
// does the same.
import { post, say, sayFailed } from "./toast.js";

export function dragging(list, renew) {
  let carried = [];
  const target = (event) => (carried.length ? event.target.closest?.("[data-collection]") : null);

  list.addEventListener("dragstart", ({ target: dragged }) => {
    const card = dragged.closest?.("[data-item]");
    const picked = [...list.querySelectorAll(".pick:checked")].map(({ value }) => value);
    if (!card) carried = [];
    else carried = picked.includes(card.dataset.item) ? picked : [card.dataset.item];
  });
  list.addEventListener("dragover", (event) => {
    const over = target(event);
    if (!over) return;
    event.preventDefault();
    over.dataset.over = "";
  });
  list.addEventListener("dragleave", (event) => delete target(event)?.dataset.over);
  list.addEventListener("drop", async (event) => {
    const collection = target(event);
    if (!collection) return;
    event.preventDefault();
    delete collection.dataset.over;
    const items = carried.map((item) => ["item", item]);
    carried = [];
    const isDone = await post("/stuff/act", [["do", "collect"], ["collection", collection.dataset.collection], ...items]);
    if (!isDone) return sayFailed();
    await renew();
    say(list.dataset.collected);
  });
}
