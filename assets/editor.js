// What is typed into the editor is kept in this browser until it has been saved. That it was sent
// says nothing of that; the server does (see join.js).
(() => {
  const form = document.querySelector('form[data-draft]'), notice = document.getElementById('kept');
  if (!form) return;
  const { title, body, version, mark } = form.elements, key = form.dataset.draft;
  const typed = () => ({ title: title.value, body: body.value, version: version?.value });
  const same = (one, other) => one?.title === other?.title && one?.body === other?.body;
  // What was typed before. As long as it is offered it is kept beside what is typed now.
  let before = null;
  try { before = JSON.parse(localStorage.getItem(key)); } catch { /* nothing that we kept */ }
  // An answer to what was sent: a conflict, something to decide. It is still the same draft.
  const answers = !/\/(edit|new|restore)$/.test(location.pathname), opened = answers ? null : typed();
  const keep = mark => {
    const now = typed(), fresh = mark || !same(now, opened);
    const draft = fresh ? { ...now, mark, before: same(now, before) ? null : before } : before;
    // One of each is enough.
    if (draft?.before) draft.before = { ...draft.before, before: null };
    try {
      if (draft) localStorage.setItem(key, JSON.stringify(draft));
      else localStorage.removeItem(key);
    } catch { /* no place: as without a script */ }
  };
  const offer = draft => {
    before = draft ?? null;
    notice.hidden = !before;
    keep();
  };

  offer(answers || same(before, opened) ? before?.before : before);
  form.addEventListener('input', () => keep());
  form.addEventListener('submit', ({ submitter }) => {
    if (submitter?.name === 'insert') return;
    // Not randomUUID, which plain http does not have.
    mark.value = crypto.getRandomValues(new Uint32Array(4)).join('-');
    keep(mark.value);
  });
  notice.querySelector('.back').onclick = () => {
    const now = typed(), kept = before;
    [title.value, body.value] = [kept.title, kept.body];
    // The version that it began from: what others saved since is not overwritten unseen.
    if (version && kept.version) version.value = kept.version;
    // What was typed meanwhile can be had again the same way.
    offer(same(now, opened) ? kept.before : now);
    body.focus();
  };
  notice.querySelector('.discard').onclick = () => offer(before.before);
})();
