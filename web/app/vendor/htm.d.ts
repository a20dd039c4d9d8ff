// Types of the vendored package: what a template gives is what `h` gives, one or several.
type Tag<Result> = (parts: TemplateStringsArray, ...values: any[]) => Result & Result[];
declare const htm: { bind<Result>(h: (type: any, properties: any, ...children: any[]) => Result): Tag<Result> };
export default htm;
