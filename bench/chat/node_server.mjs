// What a Socket.IO 4 server of Node costs for the same fan-out: it keeps nothing, asks nobody and checks nothing.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { connectionStateRecovery: {}, perMessageDeflate: false });
let seq = 0;
io.on('connection', (socket) => {
  for (const room of socket.handshake.auth.rooms) socket.join(room);
  socket.emit('ready', {});
  socket.on('sendMessage', ({ conversationId, text }, ack) => {
    const message = { id: `01a1fb67-b074-7a62-82a0-${String(++seq).padStart(12, '0')}`, conversationId, seq, text, senderId: socket.id, createdAt: new Date().toISOString() };
    // As many bytes as Parley's has.
    io.to(conversationId).emit('newMessage', { ...message, filler: 'x'.repeat(430) });
    ack({ ok: true, seq });
  });
});
http.listen(0, '127.0.0.1', () => console.log(`listening ${http.address().port}`));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
