// One session as this tab has it: what is asked, what is followed, what is shown.
import { scroller } from "./scroller.js";
import { turns } from "./turns.js";
import { openWire } from "./wire.js";

const chat = document.querySelector("#chat");
const page = Math.random().toString(36).slice(2); // this tab's name

export function conversation({ onBusy, onError }) {
  const following = new Map(); // generation → { answer, last event }
  const scroll = scroller({ onTop: readEarlier });
  let say; // from the first answer on
  const isTemporary = "temporary" in chat.dataset;
  const said = []; // of a temporary chat, which only this page remembers
  const settings = {}; // of a chat that has not begun
  const wire = openWire({
    onFrame,
    onBack: () => refresh(),
    following: () => [...following].map(([generation, { last }]) => [generation, last]),
  });

  const url = (rest = "") => `/chat/${chat.dataset.session}${rest}`;

  async function ask(question) {
    delete chat.dataset.empty;
    onBusy(true);
    onError("");
    const pending = turns.addPending(question);
    scroll.toEnd();
    try {
      await (isTemporary ? askTemporary(question, pending) : askStored(question));
    } catch (error) {
      pending.remove();
      if (!turns.any()) chat.dataset.empty = "";
      rest();
      throw error;
    }
  }

  async function askStored(question) {
    const session = chat.dataset.session || null;
    const frame = await wire.ask({ type: "ask", page, session, settings, ...question });
    chat.dataset.session = frame.session.id;
    if (!session) begin(frame.session);
    await refresh();
  }

  async function askTemporary(question, pending) {
    const frame = await wire.ask({ type: "ask-temporary", page, settings, history: said, ...question });
    said.push({ role: "user", text: question.text });
    follow(frame.generation, pending.answer);
  }

  // The address and the title are those of the session now.
  function begin({ title, url: address }) {
    history.pushState(null, "", address);
    entitle(title);
    document.querySelector("#temporary-toggle")?.remove();
    dispatchEvent(new CustomEvent("portal:sessions"));
  }

  function entitle(title) {
    document.title = `${title} · LLM Portal`;
    document.querySelector("#page-title").textContent = title;
  }

  async function again(answer, model) {
    onBusy(true);
    onError("");
    try {
      await wire.ask({ type: "again", page, answer, model });
      await refresh();
    } catch (error) {
      onError(error.message);
      rest();
    }
  }

  async function show(message) {
    try {
      await wire.ask({ type: "show", page, message });
      await refresh();
    } catch (error) {
      onError(error.message);
    }
  }

  function stop() {
    for (const generation of following.keys()) wire.tell({ type: "stop", generation });
  }

  // What the portal has of this session, in place of what is shown.
  async function refresh() {
    if (!chat.dataset.session) return;
    const answer = await fetch(url("/turns")).catch(() => null);
    if (!answer?.ok) {
      onError(chat.dataset.lost);
      return rest();
    }
    const { generation, answer: id, title } = turns.replace(await answer.text());
    if (title) entitle(title);
    if (generation) follow(generation, document.getElementById(id));
    scroll.grew();
    if (!generation) rest();
  }

  async function readEarlier() {
    const before = turns.earlier();
    if (!before || !chat.dataset.session) return;
    const answer = await fetch(url(`/turns?before=${before}`)).catch(() => null);
    if (!answer?.ok) return;
    const text = await answer.text();
    scroll.keepPlace(() => turns.prepend(text));
  }

  async function goTo(message) {
    (await import("./arriving.js")).arrive(message, { earlier: scroll.readOn, show });
  }

  function follow(generation, answer) {
    onBusy(true);
    const known = following.get(generation);
    if (known) {
      known.answer = answer;
      return;
    }
    following.set(generation, { answer, last: "0" });
    wire.attach(generation, "0");
  }

  function rest() {
    if (!following.size) onBusy(false);
  }

  function onFrame(frame) {
    if (frame.type === "event") onEvent(frame);
    else if (frame.type === "session") onSession(frame);
    else if (frame.type === "sessions") dispatchEvent(new CustomEvent("portal:sessions"));
    else if (frame.type === "rejected") onError(frame.message);
  }

  function onSession({ session, page: by }) {
    dispatchEvent(new CustomEvent("portal:sessions"));
    if (session === chat.dataset.session && by !== page) refresh();
  }

  function onEvent({ generation, id, event }) {
    const state = following.get(generation);
    if (!state) return;
    state.last = id;
    if (event.type === "start") turns.clear(state.answer);
    else if (event.type === "thinking") turns.think(state.answer, event.text);
    else if (event.type === "block") turns.setBlock(state.answer, event);
    else if (event.type === "finish") finish(generation, state.answer, event);
    attend(state.answer);
  }

  // Once a frame, however many events it has: to measure and to listen costs as much as the answer is long.
  let isAttending = false;
  function attend(answer) {
    if (isAttending) return;
    isAttending = true;
    requestAnimationFrame(() => {
      isAttending = false;
      hear((announcer) => announcer.hear(answer));
      scroll.grew();
    });
  }

  async function hear(listen) {
    const { announcer } = await import("./announcer.js");
    listen((say ??= announcer()));
  }

  function finish(generation, answer, event) {
    following.delete(generation);
    turns.finish(answer, event);
    hear((announcer) => announcer.finish(answer));
    if (isTemporary) {
      said.push({ role: "assistant", text: turns.textOf(answer) });
      rest();
    } else refresh();
  }

  scroll.toEnd();
  if (location.hash.startsWith("#msg_")) goTo(location.hash.slice(1));
  const active = turns.active();
  if (active.generation) follow(active.generation, document.getElementById(active.answer));

  return { ask, again, show, stop, refresh, settings, session: () => chat.dataset.session };
}
