// The one place that joins Preact and htm. Rule of this app: in a template stand only elements of HTML and SVG;
// components are called as h(Component, properties), so that what they are given can be checked.

import { h, htm } from "../vendor/preact.js";

export {
  batch,
  computed,
  effect,
  h,
  render,
  signal,
  untracked,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "../vendor/preact.js";
export const html = htm.bind(h);
