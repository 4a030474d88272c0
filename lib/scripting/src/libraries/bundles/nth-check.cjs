// The nth-check of today as the function that css-select 1 expects. Version 1 takes quadratic time for some selectors (CVE-2021-3803).
module.exports = require('nth-check-today').default;
