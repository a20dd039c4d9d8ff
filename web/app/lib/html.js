// The one place that joins Preact and htm. Rule of this app: in a template stand only elements of HTML and SVG;
// components are called as h(Component, properties), so that what they are given can be checked.

import { h } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export { h, render } from "../vendor/preact.js";
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
export { batch, computed, effect, signal } from "../vendor/signals.js";
export const html = htm.bind(h);
