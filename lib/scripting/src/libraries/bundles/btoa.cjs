// `require('btoa')`.
module.exports = btoa;
