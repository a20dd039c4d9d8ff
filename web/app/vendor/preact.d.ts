// What the checker knows of the file that is joined of several packages: their types, but components are given what
// they take without a type of their own, and a template gives what `h` gives, one or several.
import type { VNode } from "preact";

export { render } from "preact";
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal, untracked } from "@preact/signals";
export function h(type: any, properties: any, ...children: any[]): VNode<any>;
type Tag<Result> = (parts: TemplateStringsArray, ...values: any[]) => Result & Result[];
export const htm: { bind<Result>(h: (type: any, properties: any, ...children: any[]) => Result): Tag<Result> };
