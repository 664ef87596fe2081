// Asks every ten seconds whether anything has changed, while somebody is looking; most answers are empty.
const PAUSE = 10_000;

export function keepCurrent({ seen, ask, show, isBusy }) {
  let waiting;

  async function look() {
    clearTimeout(waiting);
    const known = seen();
    if (known && !document.hidden && !isBusy()) {
      try {
        const answer = await ask(known);
        // Empty: as before.
        if (answer.status === 200) show(await answer.text());
      } catch {
        // The next time is soon.
      }
    }
    if (!document.hidden) waiting = setTimeout(look, PAUSE);
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(waiting) : look()));
  waiting = setTimeout(look, PAUSE);
}
