// What is typed into the editor is kept in this browser until it has been saved. That it was sent
// says nothing of that; the server does (see join.js).
(() => {
  const form = document.querySelector('form[data-draft]'), notice = document.getElementById('kept');
  if (!form) return;
  const { title, body, version, mark } = form.elements, key = form.dataset.draft;
  const read = () => {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  };
  const keep = mark => {
    const draft = { title: title.value, body: body.value, version: version?.value, mark };
    try { localStorage.setItem(key, JSON.stringify(draft)); } catch { /* no place: as without a script */ }
  };
  const drop = () => { localStorage.removeItem(key); notice.hidden = true; };

  const kept = read(), same = kept?.title === title.value && kept?.body === body.value;
  // An answer to what was sent: a conflict, something to decide. It is still the same draft.
  if (!/\/(edit|new|restore)$/.test(location.pathname)) keep();
  else if (same) drop();
  else notice.hidden = !kept;

  form.addEventListener('input', () => { notice.hidden = true; keep(); });
  form.addEventListener('submit', ({ submitter }) => {
    if (submitter?.name === 'insert') return;
    // Not randomUUID, which plain http does not have.
    mark.value = crypto.getRandomValues(new Uint32Array(4)).join('-');
    keep(mark.value);
  });
  notice.querySelector('.back').onclick = () => {
    [title.value, body.value] = [kept.title, kept.body];
    // The version that it began from: what others saved since is not overwritten unseen.
    if (version && kept.version) version.value = kept.version;
    notice.hidden = true;
    keep();
    body.focus();
  };
  notice.querySelector('.discard').onclick = drop;
})();
