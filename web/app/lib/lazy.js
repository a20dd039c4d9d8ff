// A component whose modules are loaded when it is first shown: what most visits do not need is not waited for.

import { h, signal } from "./html.js";

/** `load` imports the module, `name` is its component; `component.prefetch()` loads it ahead. */
export function lazy(load, name) {
  const found = signal(null);
  let loading = null;
  const prefetch = () => (loading ??= load().then((module) => (found.value = module[name])));
  const Lazy = (properties) => {
    if (found.value) return h(found.value, properties);
    prefetch();
    return null;
  };
  return Object.assign(Lazy, { prefetch });
}
