// The list of sessions beside every page, as the portal has it now.
export async function refresh() {
  const answer = await fetch(location.pathname).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#sidebar-sessions");
  if (fresh) document.querySelector("#sidebar-sessions").replaceWith(fresh);
}

addEventListener("portal:sessions", refresh);
