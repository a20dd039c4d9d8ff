// What the checker knows of the vendored package: the types of the package that it is made of, but components are given
// what they take without a type of their own.
import type { VNode } from "preact";

export * from "preact";
export function h(type: any, properties: any, ...children: any[]): VNode<any>;
