//! A relay that serves, until it is told to stop; and how it ends.

use crate::accept;
use crate::counters::ConnectionMetrics;
use crate::limits;
use crate::metrics::{self, Metrics};
use crate::newest::Newest;
use crate::prepare::Prepared;
use crate::service::accounts::AccountsService;
use crate::service::blobs::BlobsService;
use crate::service::calls::CallLayer;
use crate::service::channels::ChannelsService;
use crate::service::counter::CounterService;
use crate::service::directory::DirectoryService;
use crate::service::notices::NoticesService;
use crate::service::registrar::{self, RegistrarService};
use crate::upkeep;
use lacre_proto::relay::v1::accounts_server::AccountsServer;
use lacre_proto::relay::v1::blobs_server::BlobsServer;
use lacre_proto::relay::v1::channels_server::ChannelsServer;
use lacre_proto::relay::v1::counter_server::CounterServer;
use lacre_proto::relay::v1::directory_server::DirectoryServer;
use lacre_proto::relay::v1::notices_server::NoticesServer;
use std::sync::{Arc, PoisonError};
use tokio::sync::{oneshot, watch};
use tonic_reflection::server::v1::{ServerReflection, ServerReflectionServer};

impl Prepared {
    pub(crate) async fn serve(self, mut stopping: watch::Receiver<bool>) {
        let Self { folder, controls, own_leaf, context, writer_thread, listener, tls, places, transport, files, others, .. } =
            self;
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
        let seen = ConnectionMetrics::default();
        let connections = accept::connections(listener, acceptor, transport, seen.clone(), Arc::clone(&self.memory), places);
        let metrics = Arc::new(Metrics::new(&context, &seen, &self.memory));
        let scraping = self.scraped.map(|listener| tokio::spawn(metrics::serve(listener, Arc::clone(&metrics))));
        let (maker, leaf_context) = (controls.maker, Arc::clone(&context));
        let renewed = move || maker.make(None, leaf_context.rng.lock().unwrap_or_else(PoisonError::into_inner).as_mut());
        let renewal = tokio::spawn(upkeep::renew(controls.leaf, Arc::clone(&context.clock), own_leaf, renewed));
        let hub = Arc::clone(&context.hub);
        let measuring = tokio::spawn(upkeep::measure(Arc::clone(&context)));
        let waking = tokio::spawn(async move { hub.wake_many().await });
        let clock = tokio::spawn(upkeep::look_at_clock(Arc::clone(&context)));
        let settling = tokio::spawn(upkeep::settle(context.writer.clone()));
        let retention = tokio::spawn(upkeep::retain(Arc::clone(&context), Arc::clone(&metrics)));
        let expiry = tokio::spawn(upkeep::expire(Arc::clone(&context), files.clone(), Arc::clone(&metrics)));
        let mut until = stopping.clone();
        let counter =
            tokio::spawn(registrar::serve(self.counter, RegistrarService(Arc::clone(&self.desk)), self.operator, async move {
                crate::service::stopped(&mut until).await;
            }));
        let channels = ChannelsServer::new(ChannelsService::new(Arc::clone(&context)))
            .max_decoding_message_size(limits::MAX_BATCH_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        let accounts = AccountsServer::new(AccountsService::new(Arc::clone(&context)))
            .max_decoding_message_size(limits::MAX_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        let directory = DirectoryServer::new(DirectoryService::new(Arc::clone(&context)))
            .max_decoding_message_size(limits::MAX_ENTRY_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        let notices = NoticesServer::new(NoticesService::new(Arc::clone(&self.desk)))
            .max_decoding_message_size(limits::MAX_BATCH_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        let clerks = CounterServer::new(CounterService::new(self.desk))
            .max_decoding_message_size(limits::MAX_ENTRY_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        let blobs = BlobsServer::new(BlobsService::new(Arc::clone(&context), files))
            .max_decoding_message_size(limits::MAX_ENTRY_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        // the standard question of load balancers and monitors; it tells nothing but yes and no
        let (health, healthy) = tonic_health::server::health_reporter();
        health.set_serving::<ChannelsServer<ChannelsService>>().await;
        let room = tokio::spawn(upkeep::look_for_room(Arc::clone(&context), health));
        let reflection = self.reflection.then(reflection).flatten();
        let (told, mut drained) = oneshot::channel::<()>();
        let mut signal = stopping.clone();
        let serving = transport
            .server()
            .layer(CallLayer { metrics, context: Arc::clone(&context) })
            .add_service(channels)
            .add_service(accounts)
            .add_service(directory)
            .add_service(blobs)
            .add_service(clerks)
            .add_service(notices)
            .add_service(healthy)
            .add_optional_service(reflection)
            .serve_with_incoming_shutdown(connections, async move {
                crate::service::stopped(&mut signal).await;
                let _ = told.send(());
            });
        let deadline = async {
            let _ = (&mut drained).await;
            tokio::time::sleep(limits::STOPPING).await;
        };
        tokio::select! {
            served = serving => if let Err(e) = served {
                tracing::error!(cause = %e, "the relay stopped serving");
            },
            () = deadline => tracing::warn!("calls were cut off when the relay stopped"),
        }
        crate::service::stopped(&mut stopping).await;
        context.clock_guard.remember();
        counter.abort();
        let _ = counter.await;
        for task in [renewal, room, measuring, waking, clock, settling, retention, expiry].into_iter().chain(scraping) {
            task.abort();
            let _ = task.await;
        }
        drop(others);
        let (generation, marks) = (context.reads.generation(), context.reads.marks());
        let newest = Newest::of_none(folder.path());
        // calls that were cut off may still hold the context: the writer is told, and ends when it has stored the last.
        // Readers are closed before it, so that the log is empty afterwards
        let writer = context.writer.clone();
        drop(context);
        writer.stop().await;
        let _ = tokio::task::spawn_blocking(move || writer_thread.join()).await;
        // only now the store's log is in its file
        if let Ok(marks) = marks {
            newest.remember(generation, marks, false);
        }
        drop(folder);
    }
}

/// What generic clients such as grpcurl ask for. The descriptors are public anyway.
fn reflection() -> Option<ServerReflectionServer<impl ServerReflection>> {
    let built = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(lacre_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1();
    built.map_err(|e| tracing::error!(cause = %e, "reflection is not served")).ok()
}
