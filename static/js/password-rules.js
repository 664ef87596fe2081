// Marks the rules a new password meets while it is typed. The server decides; this only saves a round trip.
const COMMON = /^(?:pass(?:word|wort)?|qwert[yz]\w*|azerty\w*|letmein|welcome|admin\w*|iloveyou|monkey|dragon|football|baseball|sunshine|princess|superman|trustno|abc|asdf\w*|zxcv\w*|master|login|changeme)[\W\d_]*$/i;
const SEQUENCES = ["01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"];

const isCommon = (text) =>
  COMMON.test(text) || /^(.{1,3})\1+$/.test(text) || SEQUENCES.some((sequence) => sequence.includes(text.toLowerCase()));

function isPersonal(text, email) {
  const name = email.split("@")[0].toLowerCase();
  return name.length > 2 && text.toLowerCase().includes(name);
}

function check(rule, text, email) {
  switch (rule.dataset.rule) {
    case "length":
      return [...text].length >= Number(rule.dataset.minimum);
    case "letters":
      return !/^\d+$/.test(text);
    case "common":
      return !isCommon(text);
    case "personal":
      return !isPersonal(text, email);
  }
}

for (const list of document.querySelectorAll("[data-rules-for]")) {
  const input = document.getElementById(list.dataset.rulesFor);
  const email = document.querySelector('input[type="email"]');
  const show = () => {
    for (const rule of list.querySelectorAll("[data-rule]")) {
      if (input.value) rule.dataset.met = check(rule, input.value, email?.value ?? "");
      else delete rule.dataset.met;
    }
  };
  input.addEventListener("input", show);
  email?.addEventListener("input", show);
}
