// The service and the browser that all browser tests use: starting the demonstration takes longer than most of them.

export const shared = { service: null, browser: null };
