// crypto-js 4.2 derives keys with SHA-256 in 250,000 iterations where a script names neither; Postman's is older and takes SHA-1 in one,
// which a server that a script signs for expects.
const CryptoJS = require('crypto-js');

Object.assign(CryptoJS.algo.PBKDF2.cfg, { hasher: CryptoJS.algo.SHA1, iterations: 1 });

module.exports = CryptoJS;
