// placeholder
export const Screen = () => null;
