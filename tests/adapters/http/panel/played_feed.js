// Speaks to the panel's tabs as the tab that listens for all of them does, without a service.
async ([who, chat, rows]) => {
  const channel = new BroadcastChannel("recado.live");
  const say = (frame) => channel.postMessage({kind: "frame", frame});
  const views = new Map();
  let position = 1_000_000;
  const at = (number) => new Date(Date.now() - number * 1_000).toISOString();
  const item = (number) => ({...chat, id: `chat-${number}`, position, version: position,
    client: {...chat.client, id: `client-${number}`, name: `C${number}`},
    last_activity_at: at(number), last_message: {...chat.last_message, text: `C${number} ${position}`}});
  const message = (id, seq) => ({...chat.message, seq, chat_id: id, position,
    text: `C${id.slice(5)} ${seq}`, sent_at: at(600 - seq)});
  const held = ({projection, params}) => {
    if (projection === "messages") return Array.from({length: 40}, (_, seq) => message(params.chat, seq + 1));
    if (projection !== "chats" || params.client) return [];
    return params.section === "open" ? Array.from({length: rows}, (_, number) => item(number)) : [];
  };
  await new Promise((go) => navigator.locks.request(`recado.leader.${who}`, () => (go(), new Promise(() => {}))));
  channel.onmessage = ({data}) => {
    if (data.kind !== "want") return;
    say({type: "state", state: "live"});
    for (const view of data.views.filter(({id}) => !views.has(id))) {
      views.set(view.id, view);
      say({type: "snapshot", view: view.id, position, items: held(view), next_cursor: null});
    }
    const wanted = new Set(data.views.map(({id}) => id));
    for (const id of views.keys()) if (!wanted.has(id)) views.delete(id);
  };
  channel.postMessage({kind: "who"});
  window.change = () => {
    const view = [...views.values()].find(({params}) => params.section === "open");
    position += 1;
    const number = (position * 7919) % rows;
    const value = {...item(number), last_activity_at: new Date().toISOString()};
    say({type: "delta", view: view.id, position, ops: [{op: "upsert", key: value.id, rev: position, value}]});
  };
  window.changes = async (rate, seconds) => {
    const from = performance.now();
    for (let done = 0; done < rate * seconds; ) {
      await new Promise((go) => setTimeout(go, 4));
      for (; done < Math.min(rate * seconds, ((performance.now() - from) * rate) / 1000); done += 1) window.change();
    }
  };
}
