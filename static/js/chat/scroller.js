// Keeps the end in view while it grows, unless the reader has scrolled up; tells when they near the top.
const NEAR = 80;
const NEAR_TOP = 600;

export function scroller({ onTop }) {
  const view = document.querySelector("#chat-scroll");
  const jump = document.querySelector("#jump");
  let isAtEnd = true;
  let reading;

  view.addEventListener("scroll", () => {
    isAtEnd = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR;
    jump.hidden = isAtEnd;
    if (view.scrollTop < NEAR_TOP) readOn();
  });
  view.addEventListener("click", (event) => {
    if (event.target.closest("#earlier button")) readOn();
  });
  jump.addEventListener("click", toEnd);

  function readOn() {
    return (reading ??= onTop().finally(() => (reading = null)));
  }

  function toEnd() {
    view.scrollTop = view.scrollHeight;
    isAtEnd = true;
    jump.hidden = true;
  }

  return {
    toEnd,
    readOn,
    grew() {
      if (isAtEnd) view.scrollTop = view.scrollHeight;
    },
    // What comes above must not move what is being read.
    keepPlace(change) {
      const below = view.scrollHeight - view.scrollTop;
      change();
      view.scrollTop = view.scrollHeight - below;
    },
  };
}
