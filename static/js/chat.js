// The chat page: composer and socket on one side, the turns on the other.
import { announcer } from "./chat/announcer.js";
import { composer } from "./chat/composer.js";
import { scroller } from "./chat/scroller.js";
import { openSocket } from "./chat/socket.js";
import { turns } from "./chat/turns.js";

const chat = document.querySelector("#chat");
const scroll = scroller();
const say = announcer();
const following = new Map(); // generation → { answer, last event id }
const asked = new Map(); // ref → text, until the server has it

const box = composer({ onSend: ask, onStop: stop });
const socket = openSocket({ onFrame, onOpen: attachAll });

function ask(text, model) {
  const ref = Math.random().toString(36).slice(2);
  asked.set(ref, text);
  box.setBusy(true);
  box.showError("");
  socket.send({ type: "ask", session: chat.dataset.session || null, text, model, ref });
}

function stop() {
  for (const generation of following.keys()) socket.send({ type: "stop", generation });
}

function follow(generation, answer) {
  following.set(generation, { answer, last: "0" });
  box.setBusy(true);
  attach(generation);
}

function attach(generation) {
  socket.send({ type: "attach", generation, after: following.get(generation).last });
}

function attachAll() {
  for (const generation of following.keys()) attach(generation);
}

function onFrame(frame) {
  if (frame.type === "asked") onAsked(frame);
  else if (frame.type === "event") onEvent(frame);
  else if (frame.type === "rejected") onRejected(frame);
}

function onAsked(frame) {
  asked.delete(frame.ref);
  box.clear();
  delete chat.dataset.empty;
  chat.dataset.session = frame.session.id;
  turns.addQuestion(frame.question);
  const answer = turns.addAnswer(frame.answer);
  if (frame.session.created) turns.showSession(frame.session);
  scroll.toEnd();
  follow(frame.generation, answer);
}

function onEvent({ generation, id, event }) {
  const state = following.get(generation);
  if (!state) return;
  state.last = id;
  if (event.type === "block") {
    turns.setBlock(state.answer, event);
    say.hear(state.answer);
    scroll.grew();
  } else if (event.type === "finish") {
    following.delete(generation);
    turns.finish(state.answer, event);
    say.finish(state.answer);
    scroll.grew();
    if (!following.size) box.setBusy(false);
  }
}

function onRejected({ ref, message }) {
  asked.delete(ref);
  if (!following.size) box.setBusy(false);
  box.showError(message);
}

document.querySelector("#suggestions").addEventListener("click", (event) => {
  const button = event.target.closest(".suggestion");
  if (button) box.fillAndSend(button.textContent);
});

scroll.toEnd();
if (chat.dataset.generation) {
  follow(chat.dataset.generation, document.getElementById(chat.dataset.answer));
}
addEventListener("popstate", () => location.reload());
