// The dialog with a chat's system prompt and temperature. Those of a chat that has not begun go with its
// first question.
const dialog = document.querySelector("#chat-settings");
const prompt = document.querySelector("#system-prompt");
const temperature = document.querySelector("#temperature");
const error = document.querySelector("#settings-error");

export function openSettings(talk) {
  error.hidden = true;
  dialog.showModal();
  dialog.querySelector("[data-close]").onclick = () => dialog.close();
  dialog.querySelector("form").onsubmit = (event) => {
    event.preventDefault();
    save(talk);
  };
}

async function save(talk) {
  const degrees = temperature.value === "" ? null : temperature.valueAsNumber;
  if (talk.session()) {
    const answer = await fetch(`/api/chat/sessions/${talk.session()}`, {
      method: "PATCH",
      headers: {
        "x-csrftoken": document.querySelector("#chat [name=csrfmiddlewaretoken]").value,
        "content-type": "application/json",
      },
      body: JSON.stringify({ systemPrompt: prompt.value, temperature: degrees }),
    });
    if (!answer.ok) {
      error.textContent = (await answer.json()).error.message;
      error.hidden = false;
      return;
    }
  } else Object.assign(talk.settings, { system_prompt: prompt.value, temperature: degrees });
  dialog.close();
}
