// What is done to chats, one or many, and the way back.
import { offer, post, sayFailed } from "../toast.js";
import { currentSession, refresh, sessions } from "./list.js";

const BACK = { delete: "undelete", archive: "unarchive", unarchive: "archive" };
const toast = document.querySelector("#toast");

// Whether it was done. Whoever is not told by a toast sees it in the list.
export async function file(verb, ids, value = "") {
  const url = sessions.dataset.fileUrl;
  const isDone = await post(url, fields(verb, ids, value));
  if (!isDone) {
    sayFailed();
    return false;
  }
  const several = ids.length > 1 ? ` (${ids.length})` : "";
  if (BACK[verb]) offer({ text: toast.dataset[verb] + several, url, fields: fields(BACK[verb], ids, "") });
  if (verb === "delete" && ids.includes(currentSession())) location.assign(sessions.dataset.home);
  else await refresh();
  return true;
}

function fields(verb, ids, value) {
  return [["do", verb], ["value", value], ...ids.map((id) => ["session", id])];
}

document.addEventListener("portal:undone", () => refresh());
