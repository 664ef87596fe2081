// What somebody keeps, put into the composer: `?use=stf_…`.
export async function use(item, box) {
  const address = new URL(location.href);
  address.searchParams.delete("use");
  history.replaceState(null, "", address);
  const chat = document.querySelector("#chat");
  const answer = await fetch(`/api/stuff/${encodeURIComponent(item)}/use`, {
    method: "POST",
    headers: { "x-csrftoken": chat.querySelector("[name=csrfmiddlewaretoken]").value },
  }).catch(() => null);
  if (!answer?.ok) return box.showError(answer ? (await answer.json()).error.message : chat.dataset.lost);
  const { text, attachments } = await answer.json();
  box.put(text, attachments);
}
