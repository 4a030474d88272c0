// `require('atob')`.
module.exports = atob;
