// Sets what was chosen of the look before anything is painted. A classic script, because modules come too late for
// that.

(() => {
  const root = document.documentElement;
  const read = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  root.dataset.theme = read("tallystick.theme") ?? "auto";
  root.dataset.density = read("tallystick.density") ?? "normal";
})();
