// Keeps the end in view while it grows, unless the reader has scrolled up.
const NEAR = 80;

export function scroller() {
  const view = document.querySelector("#chat-scroll");
  const jump = document.querySelector("#jump");
  let isAtEnd = true;

  view.addEventListener("scroll", () => {
    isAtEnd = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR;
    jump.hidden = isAtEnd;
  });
  jump.addEventListener("click", toEnd);

  function toEnd() {
    view.scrollTop = view.scrollHeight;
    isAtEnd = true;
    jump.hidden = true;
  }

  return {
    toEnd,
    grew() {
      if (isAtEnd) view.scrollTop = view.scrollHeight;
    },
  };
}
