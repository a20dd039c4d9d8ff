// A component whose modules are loaded when it is first shown: what most visits do not need is not waited for.

import { Lost } from "../ui/parts.js";
import { h, signal, useMemo } from "./html.js";

/** `load` imports the module, `name` is its component; `component.prefetch()` loads it ahead, and answers with nothing
  if it could not. */
export function lazy(load, name) {
  const found = signal(null);
  const isLost = signal(false);
  let loading = null;
  const prefetch = () =>
    (loading ??= load().then(
      (module) => {
        isLost.value = false;
        return (found.value = module[name]);
      },
      () => {
        // Tried again when it is next shown, and when the service is back.
        loading = null;
        isLost.value = true;
        addEventListener("tallystick:again", prefetch, { once: true });
        return null;
      },
    ));
  const Waiting = () => {
    useMemo(prefetch, []);
    return isLost.value ? h(Lost, {}) : null;
  };
  const Lazy = (properties) => (found.value ? h(found.value, properties) : h(Waiting, {}));
  return Object.assign(Lazy, { prefetch });
}
