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
    windows[room] = open(link.href, link.target, 'popup,width=720,height=760');
    // No handle does not mean no window: a page with a Cross-Origin-Opener-Policy is never given
    // one. So nothing is opened instead, but the other way is shown.
    if (!windows[room]) link.nextElementSibling.hidden = false;
  });
})();

// A run of a transcript: #m12-m40 marks it. A click on the time of one message and another one
// with Shift make that address.
(() => {
  const mark = ({ type }) => {
    const [, from, to] = /^#m(\d+)-m(\d+)$/.exec(location.hash) ?? [];
    const items = [...document.querySelectorAll('#log > li')];
    const [first, last] = [from, to].map(mid => items.findIndex(item => item.id === `m${mid}`)).sort((a, b) => a - b);
    items.forEach((item, n) => item.toggleAttribute('data-run', first >= 0 && n >= first && n <= last));
    if (first >= 0 && type !== 'htmx:after:swap') items[first].scrollIntoView({ block: 'center' });
  };
  document.addEventListener('click', event => {
    const item = event.target.closest?.('#log .permalink')?.closest('li');
    const from = /^#(m\d+)/.exec(location.hash)?.[1];
    if (!item || !event.shiftKey || !from) return;
    event.preventDefault();
    location.hash = from === item.id ? from : `${from}-${item.id}`;
  });
  addEventListener('hashchange', mark);
  addEventListener('DOMContentLoaded', mark);
  // A day that goes on is read anew now and then.
  addEventListener('htmx:after:swap', mark);
})();

// The address of what is found while one types is the search itself.
addEventListener('htmx:after:swap', () => {
  const form = document.querySelector('form.query');
  if (!form) return;
  history.replaceState(null, '', `/search?${new URLSearchParams(new FormData(form))}`);
});

// The answer to a save names what was saved, by the mark that it was sent with: it is no draft any
// more. Nothing else lets go of what was typed.
(() => {
  const mark = /(?:^|; )saved=([\d-]+)/.exec(document.cookie)?.[1];
  if (!mark) return;
  document.cookie = 'saved=; path=/; max-age=0';
  try {
    for (const key of Object.keys(localStorage)) {
      if (!localStorage[key].includes(`"mark":"${mark}"`)) continue;
      // What was typed earlier, and neither taken up nor discarded, is offered again.
      const { before } = JSON.parse(localStorage[key]);
      if (before) localStorage[key] = JSON.stringify(before);
      else localStorage.removeItem(key);
    }
  } catch { /* no place: nothing was kept there */ }
})();
