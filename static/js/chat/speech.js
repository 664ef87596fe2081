// Reads an answer aloud with the browser's own voice. Once more stops it.
export function speak(button, answer) {
  const wasSpeaking = button.getAttribute("aria-pressed") === "true";
  speechSynthesis.cancel();
  if (wasSpeaking) return;
  const words = new SpeechSynthesisUtterance(answer.innerText);
  words.lang = answer.lang || document.documentElement.lang;
  const show = (isSpeaking) => button.setAttribute("aria-pressed", String(isSpeaking));
  words.onend = words.onerror = () => show(false);
  show(true);
  speechSynthesis.speak(words);
}
