// What a reader has opened, focused and scrolled to stays so when the page's content is made anew.
export function keptState(root) {
  const focused = root.contains(document.activeElement) ? document.activeElement.id : "";
  const place = document.activeElement?.type === "range" ? document.activeElement.value : null;
  const open = [...root.querySelectorAll("details[open][id^=chart]")].map(({ id }) => id);
  const scrolled = root.closest(".main")?.scrollTop;

  return () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    const element = focused && document.getElementById(focused);
    if (element) {
      if (place !== null) element.value = place;
      element.focus({ preventScroll: true });
    }
    if (scrolled !== undefined) root.closest(".main").scrollTop = scrolled;
  };
}
