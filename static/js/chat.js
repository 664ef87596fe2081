// The chat page: what happens in the session on one side, what the person does on the other. What is not needed
// before somebody acts is loaded when they do.
import { composer } from "./chat/composer.js";
import { conversation } from "./chat/conversation.js";

const box = composer({ onSend: (question) => talk.ask(question), onStop: () => talk.stop() });
const talk = conversation({ onBusy: box.setBusy, onError: box.showError });
box.begin();

const used = new URL(location.href).searchParams.get("use");
if (used) import("./chat/using.js").then(({ use }) => use(used, box));

document.querySelector("#suggestions").addEventListener("click", (event) => {
  const button = event.target.closest(".suggestion");
  if (button) box.fillAndSend(button.textContent);
});
document.querySelector("#open-settings").addEventListener("click", async () => {
  const { openSettings } = await import("./chat/settings.js");
  openSettings(talk);
});
document.querySelector("#open-share").addEventListener("click", async () => {
  const { openShare } = await import("./share.js");
  openShare();
});

const list = document.querySelector("#turns");

async function loadTools() {
  const { tools } = await import("./chat/tools.js");
  list.removeEventListener("click", clickAgain);
  return tools(talk, box);
}

// A key or a pointer comes before most clicks; one that was faster is done again.
async function clickAgain({ target }) {
  const button = target.closest(".turn button");
  if (!button) return;
  await loadTools();
  button.click();
}
list.addEventListener("click", clickAgain);
list.addEventListener("pointerover", loadTools, { once: true });
document.addEventListener("keydown", loadTools, { once: true });
box.onEditLast(async () => (await loadTools()).editLast());
addEventListener("popstate", () => location.reload());
