#include "server/events.h"
#include "server/routes.h"
#include "server/server.h"

enum { LISTENER_ROOM = 1024 };

void handle_events(struct request *request)
{
    struct subject subject = access_subject(request->server->access, request);
    struct stream *stream;
    if (!request_takes_none(request))
        return;
    stream = stream_new(LISTENER_ROOM);
    if (!stream) {
        response_problem(&request->response, HTTP_INTERNAL_ERROR, "Out of memory.");
    } else if (events_join(request->server->events, stream, &subject, request_header(request, "Last-Event-ID"))) {
        request->response.status = HTTP_OK;
        request->response.content_type = content_type_events;
        request->response.stream = stream;
    } else {
        stream_end(stream, false);
        stream_close(stream);
        response_problem(&request->response, HTTP_UNAVAILABLE, "Too many listen to events already; try again.");
    }
}
