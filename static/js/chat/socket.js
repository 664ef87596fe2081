// One WebSocket a tab. It reconnects by itself; frames sent meanwhile wait.
const NOT_SIGNED_IN = 4401;
const MAX_WAIT = 10000;

export function openSocket({ onFrame, onOpen }) {
  const status = document.querySelector("#connection");
  const waiting = [];
  let socket;
  let tries = 0;

  function connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}/ws/chat`);
    socket.addEventListener("open", () => {
      const isReconnect = tries > 0;
      tries = 0;
      status.hidden = true;
      if (isReconnect) onOpen();
      while (waiting.length) socket.send(waiting.shift());
    });
    socket.addEventListener("message", (event) => onFrame(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      if (event.code === NOT_SIGNED_IN) {
        location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
        return;
      }
      tries += 1;
      status.hidden = tries < 2;
      setTimeout(connect, Math.min(MAX_WAIT, 250 * 2 ** tries) * (0.5 + Math.random() / 2));
    });
  }

  connect();
  return {
    send(frame) {
      const text = JSON.stringify(frame);
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
      else waiting.push(text);
    },
  };
}
