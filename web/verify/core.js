// All that checks, and nothing that shows: what a worker is made of.

export { Session, serve } from "./session.js";
