"""For the processes that serve sockets. They could serve everything; pages are faster from `fundsite.wsgi`."""

from fundsite import wsgi  # first: it sets Django up
from fundsite.gateway import Gateway

application = Gateway(wsgi.application)
