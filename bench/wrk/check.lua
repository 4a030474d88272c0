-- The nearest that wrk has to a pm.test script: a look at every response.
local failures = 0
function response(status, headers, body)
  if status ~= 200 or body ~= "ok" then failures = failures + 1 end
end
