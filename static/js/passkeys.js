// Passkeys: [data-passkey] buttons make one ("register") or sign in with one ("use").
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const decode = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));

function withBytes(options) {
  options.challenge = decode(options.challenge);
  if (options.user) options.user.id = decode(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials]) {
    for (const credential of list ?? []) credential.id = decode(credential.id);
  }
  return options;
}

function asJson(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = encode(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function post(url, body) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "x-csrftoken": token, "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: body && JSON.stringify(body) });
  const data = await answer.json();
  if (answer.ok) return data;
  // Back to this page after the person has shown who they are.
  if (data.error.code === "confirmation_required") location = `/confirm-access?next=${encodeURIComponent(location.pathname)}`;
  throw new Error(data.error.message);
}

async function register(button) {
  const url = "/api/auth/2fa/passkeys/register";
  const credential = await navigator.credentials.create({ publicKey: withBytes(await post(url)) });
  const name = document.getElementById(button.dataset.name)?.value ?? "";
  return post(url, { name, credential: asJson(credential) });
}

async function use() {
  const url = "/api/auth/2fa/passkeys/use";
  const credential = await navigator.credentials.get({ publicKey: withBytes(await post(url)) });
  const trustBrowser = document.querySelector("[name=trust]")?.checked ?? false;
  return post(url, { credential: asJson(credential), trustBrowser });
}

function onward({ backupCodes, redirect }) {
  const codes = `/profile/security/backup-codes?next=${encodeURIComponent(redirect)}`;
  location = backupCodes.length ? codes : redirect;
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const status = document.getElementById("passkey-status");
    status.hidden = true;
    button.disabled = true;
    try {
      onward(await (button.dataset.passkey === "register" ? register(button) : use()));
    } catch (error) {
      button.disabled = false;
      // The browser's own words for "closed the window" help nobody.
      status.textContent = error.name === "NotAllowedError" ? status.dataset.cancelled : error.message;
      status.hidden = false;
    }
  });
}
