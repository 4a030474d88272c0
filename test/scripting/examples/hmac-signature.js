const timestamp = Math.floor(Date.now() / 1000);
const payload = pm.request.method + '\n' + pm.request.url.getPath() + '\n' + timestamp;
const signature = CryptoJS.HmacSHA256(payload, 'secret').toString(CryptoJS.enc.Hex);
pm.request.headers.add({ key: 'X-Timestamp', value: String(timestamp) });
pm.request.headers.upsert({ key: 'X-Signature', value: signature });
pm.variables.set('requestId', require('uuid').v4());
