// Passkeys in the browser: from the JSON that the service sends to what WebAuthn takes, and back. Nothing is imported
// here, because the page to sign in loads it too.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const text = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const named = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));

function written(credential, members) {
  const response = {};
  for (const name of members) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  const { id, type } = credential;
  return { id, rawId: text(credential.rawId), type, response, extensions: credential.getClientExtensionResults() };
}

/** Whether this browser has passkeys at all. */
export const hasPasskeys = () => Boolean(globalThis.PublicKeyCredential && navigator.credentials);

/** Has a device make a passkey; what the service is to be sent of it. */
export async function makePasskey({ publicKey }) {
  const { challenge, user, excludeCredentials } = publicKey;
  const made = await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: bytes(challenge),
      user: { ...user, id: bytes(user.id) },
      excludeCredentials: named(excludeCredentials),
    },
  });
  return written(made, ["clientDataJSON", "attestationObject"]);
}

/** Has a device use one of its passkeys; what the service is to be sent of it. */
export async function usePasskey({ publicKey }) {
  const { challenge, allowCredentials } = publicKey;
  const used = await navigator.credentials.get({
    publicKey: { ...publicKey, challenge: bytes(challenge), allowCredentials: named(allowCredentials) },
  });
  return written(used, ["clientDataJSON", "authenticatorData", "signature", "userHandle"]);
}

const REASONS = {
  NotAllowedError: "Nothing came of it: it was cancelled, took too long, or there is no passkey for this service.",
  InvalidStateError: "This device has a passkey of this account already.",
  SecurityError: "The browser does not allow passkeys at this address.",
  ConstraintError: "This device cannot verify that it is you. Set a PIN, fingerprint or face on it.",
  NotSupportedError: "This device cannot make a passkey of the kind that is needed.",
};

/** What a person can make of an error of the browser's; others are given back as they are. */
export const explained = (error) => (REASONS[error?.name] ? new Error(REASONS[error.name], { cause: error }) : error);
