// Types of the vendored package.
export * from "preact/hooks";
