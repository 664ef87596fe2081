// The way to the portal: a WebSocket, or plain requests with server-sent events where sockets are blocked.
// Both carry the same frames and come back by themselves.
const NOT_SIGNED_IN = 4401;
const MAX_WAIT = 10000;
// Tries after which a socket that never opened is taken for blocked.
const BLOCKED_AFTER = 2;

const wait = (tries) => Math.min(MAX_WAIT, 250 * 2 ** tries) * (0.5 + Math.random() / 2);
const status = () => document.querySelector("#connection");

// The one who signs out here is on the way already.
let isLeaving = false;
document.querySelector("#sign-out").addEventListener("submit", () => (isLeaving = true));

function leave() {
  if (isLeaving) return;
  location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
}

// `onFrame` hears what the portal says; `following()` names the answers to follow as `[generation, after]`;
// `onBack` is told after a gap, in which anything may have happened.
export function openWire({ onFrame, onBack, following }) {
  const replies = new Map(); // ref → { resolve, reject, frame }
  let carrier = socketCarrier();

  function receive(frame) {
    const reply = frame.ref && replies.get(frame.ref);
    if (!reply) return onFrame(frame);
    replies.delete(frame.ref);
    if (frame.type === "rejected") reply.reject(new Error(frame.message));
    else reply.resolve(frame);
  }

  function socketCarrier() {
    let socket;
    let tries = 0;
    let hasOpened = false;

    function connect() {
      const scheme = location.protocol === "https:" ? "wss" : "ws";
      socket = new WebSocket(`${scheme}://${location.host}/ws/chat`);
      socket.addEventListener("open", () => {
        const isBack = hasOpened;
        hasOpened = true;
        tries = 0;
        status().hidden = true;
        for (const { frame } of replies.values()) socket.send(JSON.stringify(frame));
        for (const [generation, after] of following()) attach(generation, after);
        if (isBack) onBack();
      });
      socket.addEventListener("message", (event) => receive(JSON.parse(event.data)));
      socket.addEventListener("close", ({ code }) => {
        if (code === NOT_SIGNED_IN) return leave();
        tries += 1;
        status().hidden = tries < 2;
        if (!hasOpened && tries >= BLOCKED_AFTER) carrier = requestCarrier();
        else setTimeout(connect, wait(tries));
      });
    }

    function attach(generation, after) {
      if (socket.readyState === WebSocket.OPEN) {
        socket.send(JSON.stringify({ type: "attach", generation, after }));
      }
    }

    connect();
    return {
      attach,
      send(frame) {
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
      },
    };
  }

  function requestCarrier() {
    let source;
    let tries = 0;

    // The address carries how far each answer was heard: the browser's own reconnecting would hear it anew.
    function listen() {
      source?.close();
      const query = new URLSearchParams(following().map(([generation, after]) => ["follow", `${generation}:${after}`]));
      source = new EventSource(`/chat/events?${query}`);
      source.addEventListener("open", () => {
        if (tries) onBack();
        tries = 0;
        status().hidden = true;
      });
      source.addEventListener("message", (event) => receive(JSON.parse(event.data)));
      source.addEventListener("error", () => {
        source.close();
        tries += 1;
        status().hidden = tries < 2;
        setTimeout(listen, wait(tries));
      });
    }

    async function send(frame) {
      const token = document.querySelector("#chat [name=csrfmiddlewaretoken]").value;
      try {
        const answer = await fetch("/chat/commands", {
          method: "POST",
          headers: { "x-csrftoken": token, "content-type": "application/json" },
          body: JSON.stringify(frame),
        });
        if (answer.redirected) return leave();
        receive(await answer.json());
      } catch {
        setTimeout(() => replies.has(frame.ref) && send(frame), wait((tries += 1)));
      }
    }

    listen();
    for (const { frame } of replies.values()) send(frame);
    return { send, attach: listen };
  }

  return {
    // Resolves with the frame that answers it; rejects with the portal's words.
    ask(frame) {
      const ref = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
      return new Promise((resolve, reject) => {
        const whole = { ...frame, ref };
        replies.set(ref, { resolve, reject, frame: whole });
        carrier.send(whole);
      });
    },
    tell: (frame) => carrier.send(frame),
    attach: (generation, after) => carrier.attach(generation, after),
  };
}
