// The chat page: what happens in the session on one side, what the person does on the other.
import { act } from "./chat/actions.js";
import { composer } from "./chat/composer.js";
import { conversation } from "./chat/conversation.js";

const chat = document.querySelector("#chat");

const box = composer({ onSend: (question) => talk.ask(question), onStop: () => talk.stop() });
const talk = conversation({ onBusy: box.setBusy, onError: box.showError });
box.begin();

document.querySelector("#suggestions").addEventListener("click", (event) => {
  const button = event.target.closest(".suggestion");
  if (button) box.fillAndSend(button.textContent);
});
chat.addEventListener("click", async (event) => {
  const draw = event.target.closest(".draw-code");
  if (draw) (await import("./chat/diagram.js")).toggleDiagram(draw);
  else act(event, talk, box);
});
box.onEditLast(() => {
  const edits = chat.querySelectorAll('.turn[data-role="user"] [data-edit]');
  act({ target: [...edits].at(-1) }, talk, box);
});
document.querySelector("#open-settings").addEventListener("click", async () => {
  const { openSettings } = await import("./chat/settings.js");
  openSettings(talk);
});
addEventListener("popstate", () => location.reload());
