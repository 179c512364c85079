/* SPDX-License-Identifier: MIT
 *
 * remote_link.h for builds without the libraries. A link is never opened, so nothing else is called.
 */
#include "remote_link.h"

enum remote_link_problem remote_link_open(struct remote_link **link, const char *url,
                                          const char *authorization,
                                          bool (*keeps_on)(void *context), void *context)
{
    (void)link, (void)url, (void)authorization, (void)keeps_on, (void)context;
    return REMOTE_LINK_NOT_BUILT;
}

void remote_link_close(struct remote_link *link)
{
    (void)link;
}

bool remote_link_pack(const struct remote_link *link, const struct remote_batch *batch,
                      struct output *request)
{
    (void)link, (void)batch, (void)request;
    return false;
}

void remote_link_send(struct remote_link *link, struct span request, struct remote_reply *reply)
{
    (void)link, (void)request;
    *reply = (struct remote_reply){ 0 };
}
