// Opens a room in a window of its own; without this file the link opens a named tab.
//
// The window is kept: opening it again by name would load the room anew and lose the draft.
(() => {
  const windows = {};
  document.addEventListener('click', event => {
    const link = event.target.closest?.('a.join');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const room = link.dataset.room;
    if (windows[room] && !windows[room].closed) return windows[room].focus();
    windows[room] = open(link.href, link.target, 'popup,width=480,height=720');
    // No handle does not mean no window: a page with a Cross-Origin-Opener-Policy is never given
    // one. So nothing is opened instead, but the other way is shown.
    if (!windows[room]) link.nextElementSibling.hidden = false;
  });
})();
