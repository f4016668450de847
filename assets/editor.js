// What is typed into the editor is kept in this browser until it has been saved.
(() => {
  const form = document.querySelector('form[data-draft]'), notice = document.getElementById('kept');
  if (!form) return;
  const { title, body, version } = form.elements, key = form.dataset.draft;
  const from = version?.value;
  const read = () => {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  };
  const keep = sent => {
    const draft = { title: title.value, body: body.value, version: version?.value, sent };
    try { localStorage.setItem(key, JSON.stringify(draft)); } catch { /* no place: as without a script */ }
  };
  const drop = () => { localStorage.removeItem(key); notice.hidden = true; };

  const kept = read(), same = kept?.title === title.value && kept?.body === body.value;
  // An answer to what was sent: a conflict, something to decide. It is still the same draft.
  if (!/\/(edit|new)$/.test(location.pathname)) keep(false);
  // Sent, and a newer version is there: it was saved.
  else if (same || kept?.sent && (from === undefined || kept.version !== from)) drop();
  else notice.hidden = !kept;

  form.addEventListener('input', () => { notice.hidden = true; keep(false); });
  form.addEventListener('submit', ({ submitter }) => {
    if (submitter?.name !== 'insert') keep(true);
  });
  notice.querySelector('.back').onclick = () => {
    [title.value, body.value] = [kept.title, kept.body];
    // The version that it began from: what others saved since is not overwritten unseen.
    if (version && kept.version) version.value = kept.version;
    notice.hidden = true;
    keep(false);
    body.focus();
  };
  notice.querySelector('.discard').onclick = drop;
})();
