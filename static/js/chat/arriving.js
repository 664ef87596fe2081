// An address that names a message leads to it, wherever in the session it stands.
import { turns } from "./turns.js";

// `earlier` reads more of the branch, `show` changes to the one that has the message.
export async function arrive(id, { earlier, show }) {
  let turn = await find(id, earlier);
  if (!turn) {
    await show(id);
    turn = await find(id, earlier);
  }
  if (!turn) return;
  turn.tabIndex = -1;
  turn.focus({ preventScroll: true });
  turn.scrollIntoView({ block: "start" });
  turn.dataset.arrived = "";
}

async function find(id, earlier) {
  for (;;) {
    const turn = document.getElementById(id);
    const before = turns.earlier();
    if (turn || !before) return turn;
    await earlier();
    if (turns.earlier() === before) return null; // the portal cannot be reached
  }
}
